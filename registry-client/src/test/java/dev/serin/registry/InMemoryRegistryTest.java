package dev.serin.registry;

import java.time.InstantSource;

class InMemoryRegistryTest extends RegistryContractTest {
    private final InMemoryRegistry registry = new InMemoryRegistry(InstantSource.system());

    @Override
    protected RegistryWriter registry() {
        return registry;
    }

    @Override
    protected void putByHand(String key, byte[] content) {
        registry.put(key, content);
    }
}
