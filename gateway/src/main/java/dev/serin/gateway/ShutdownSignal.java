package dev.serin.gateway;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/**
 * TERM and INT, caught before JVM shutdown begins. A shutdown hook would be too late: ONNX Runtime installs one of its
 * own, which releases its environment at once, under whatever still loads. The first signal opens the latch; a second one
 * ends the process on the spot.
 */
final class ShutdownSignal {
    private final CountDownLatch received = new CountDownLatch(1);

    private ShutdownSignal() {}

    /** Catches both signals from now on. */
    static ShutdownSignal install() {
        ShutdownSignal signal = new ShutdownSignal();
        Signal.handle(new Signal("TERM"), signal::receive);
        Signal.handle(new Signal("INT"), signal::receive);
        return signal;
    }

    private void receive(Signal signal) {
        if (received.getCount() == 0) {
            Runtime.getRuntime().halt(128 + signal.getNumber());
        }
        received.countDown();
    }

    /** Waits for the first signal. */
    void await() throws InterruptedException {
        received.await();
    }

    /** {@return whether the first signal came within this time} */
    boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return received.await(timeout, unit);
    }
}
