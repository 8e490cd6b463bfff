package dev.serin.registry.s3;

class VersitygwContractTest extends RealStoreContractTest {
    VersitygwContractTest() {
        super(StoreProcess.Kind.VERSITYGW);
    }
}
