package dev.serin.inference.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * ONNX Runtime's shared library, loaded once and never unloaded. It is taken from the folder that the system property
 * {@code onnxruntime.native.path} names, else unpacked from the jar of the Java binding, of which nothing else is used.
 */
final class NativeLibrary {
    private static final String FOLDER = "onnxruntime.native.path";
    private static final long MAX_VERSION_LENGTH = 64;

    private static final String VERSION;
    private static final MemorySegment TABLE;

    static {
        try {
            MemorySegment base =
                    reachable(call(load().findOrThrow("OrtGetApiBase")), 2 * ValueLayout.ADDRESS.byteSize());
            VERSION = reachable(call(base.getAtIndex(ValueLayout.ADDRESS, 1)), MAX_VERSION_LENGTH)
                    .getString(0);
            TABLE = table(base.getAtIndex(ValueLayout.ADDRESS, 0));
        } catch (Throwable e) { // method handles declare no less
            throw new LinkageError("Cannot load ONNX Runtime: " + e.getMessage(), e);
        }
    }

    private NativeLibrary() {}

    /** {@return the version of the library} */
    static String version() {
        return VERSION;
    }

    /** {@return the addresses of its functions} */
    static MemorySegment table() {
        return TABLE;
    }

    /** {@return a function's result that is an address} */
    @SuppressWarnings("restricted") // both functions have had this form since the first version, and always will
    private static MemorySegment call(MemorySegment function) throws Throwable {
        return (MemorySegment) Linker.nativeLinker()
                .downcallHandle(function, FunctionDescriptor.of(ValueLayout.ADDRESS))
                .invokeExact();
    }

    @SuppressWarnings("restricted") // as call
    private static MemorySegment table(MemorySegment getApi) throws Throwable {
        MemorySegment table = (MemorySegment) Linker.nativeLinker()
                .downcallHandle(getApi, FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                .invokeExact(CApi.TABLE_VERSION);
        if (table.address() == 0) {
            throw new LinkageError(
                    "it is %s, and this build needs 1.%d or a later one".formatted(VERSION, CApi.TABLE_VERSION));
        }
        return reachable(table, CApi.TABLE_LENGTH * ValueLayout.ADDRESS.byteSize());
    }

    @SuppressWarnings("restricted") // as much of it as its type has
    private static MemorySegment reachable(MemorySegment address, long bytes) {
        return address.reinterpret(bytes);
    }

    @SuppressWarnings("restricted") // whoever sets the property chooses the library, as with java.library.path
    private static SymbolLookup load() throws IOException {
        String name = System.mapLibraryName("onnxruntime");
        String folder = System.getProperty(FOLDER, "");
        if (!folder.isEmpty()) {
            return SymbolLookup.libraryLookup(Path.of(folder, name), Arena.global());
        }
        Path file = unpack(name);
        try {
            return SymbolLookup.libraryLookup(file, Arena.global());
        } finally {
            if (!file.toFile().delete()) { // once loaded it needs no name, except on Windows
                file.toFile().deleteOnExit();
            }
        }
    }

    private static Path unpack(String name) throws IOException {
        String resource = "/ai/onnxruntime/native/%s/%s".formatted(platform(), name);
        try (InputStream packed = NativeLibrary.class.getResourceAsStream(resource)) {
            if (packed == null) {
                throw new IOException("there is none for this platform, " + platform());
            }
            Path file = Files.createTempFile("serin-", name); // nobody else may write to it
            try (OutputStream unpacked = Files.newOutputStream(file)) {
                packed.transferTo(unpacked);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(file);
                throw e;
            }
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String os = system.startsWith("mac") ? "osx" : system.startsWith("windows") ? "win" : "linux";
        String machine = System.getProperty("os.arch", "");
        return os + "-" + (machine.equals("amd64") || machine.equals("x86_64") ? "x64" : machine);
    }
}
