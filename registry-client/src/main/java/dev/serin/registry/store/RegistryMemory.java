package dev.serin.registry.store;

import dev.serin.registry.Registry.Content;
import dev.serin.registry.Registry.RegistryObject;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * What was known of a registry: its latest listing, and small objects with the tags they had. In a file it is a cache of
 * this build, compressed and with a checksum; other builds may not read it, and lose nothing by that.
 */
record RegistryMemory(List<RegistryObject> listing, Map<String, Content> contents) {
    private static final System.Logger LOG = System.getLogger(RegistryMemory.class.getName());
    private static final long MAGIC = 0x536572696e000001L; // "Serin", format 1
    private static final int MAX_CONTENT = 1 << 20;
    private static final int BUFFER = 1 << 16;

    /** {@return what the file holds; empty when there is none, or none that this build can read} */
    static Optional<RegistryMemory> read(Path file) {
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file), BUFFER), BUFFER))) {
            if (in.readLong() != MAGIC) {
                throw new IOException("it is of another format");
            }
            RegistryMemory memory = new RegistryMemory(readListing(in), readContents(in));
            if (in.read() >= 0) { // reading to the end is what compares the checksum
                throw new IOException("it is longer than it says");
            }
            return Optional.of(memory);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | DateTimeException | NegativeArraySizeException | IllegalArgumentException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "What was remembered in " + file + " cannot be read", e);
            return Optional.empty();
        }
    }

    /** Writes it to a new file, durably. */
    void write(Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file), BUFFER), BUFFER))) {
            out.writeLong(MAGIC);
            out.writeInt(listing.size());
            for (RegistryObject object : listing) {
                writeObject(out, object);
            }
            out.writeInt(contents.size());
            for (Map.Entry<String, Content> entry : contents.entrySet()) {
                out.writeUTF(entry.getKey());
                out.writeUTF(entry.getValue().tag());
                out.writeInt(entry.getValue().bytes().length);
                out.write(entry.getValue().bytes());
            }
        }
    }

    private static void writeObject(DataOutputStream out, RegistryObject object) throws IOException {
        out.writeUTF(object.key());
        out.writeLong(object.sizeBytes());
        out.writeUTF(object.tag());
        out.writeUTF(object.modifiedAt().toString());
    }

    private static List<RegistryObject> readListing(DataInputStream in) throws IOException {
        int size = in.readInt();
        List<RegistryObject> listing = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            listing.add(new RegistryObject(in.readUTF(), in.readLong(), in.readUTF(), Instant.parse(in.readUTF())));
        }
        return listing;
    }

    private static Map<String, Content> readContents(DataInputStream in) throws IOException {
        int size = in.readInt();
        Map<String, Content> contents = new HashMap<>();
        for (int i = 0; i < size; i++) {
            String key = in.readUTF();
            String tag = in.readUTF();
            int length = in.readInt();
            if (length > MAX_CONTENT) {
                throw new IOException("an object of %d bytes is no small one".formatted(length));
            }
            contents.put(key, new Content(in.readNBytes(length), tag));
        }
        return contents;
    }
}
