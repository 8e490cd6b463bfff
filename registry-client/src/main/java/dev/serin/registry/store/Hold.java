package dev.serin.registry.store;

/** One use of a copy in the store, which is not evicted while there is any. Closing it again does nothing. Thread-safe. */
interface Hold extends AutoCloseable {
    /** Of a copy that lies in no store. */
    Hold NONE = new Hold() {
        @Override
        public Hold share() {
            return this;
        }

        @Override
        public void close() {}
    };

    /** {@return one more use of the same copy, to be closed by whoever takes it} */
    Hold share();

    @Override
    void close();
}
