package dev.serin.registry.s3;

class MinioContractTest extends RealStoreContractTest {
    MinioContractTest() {
        super(StoreProcess.Kind.MINIO);
    }
}
