package dev.serin.inference.modelfile;

import java.io.IOException;

/** Where one tensor says that its elements lie outside the model file. */
final class ExternalData {
    private static final int MAX_ENTRY_BYTES = 4096;

    private String location = "";
    private long offset;
    private long length = -1;
    private String key = "";
    private String value = "";

    /** Reads one {@code StringStringEntryProto}. */
    void readEntry(ProtoReader in) throws IOException {
        key = "";
        value = "";
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> key = in.text(MAX_ENTRY_BYTES);
                case 2 -> value = in.text(MAX_ENTRY_BYTES);
                default -> in.skip();
            }
        }
        switch (key) {
            case "location" -> location = value;
            case "offset" -> offset = count();
            case "length" -> length = count();
            case "checksum" -> {} // every artifact is digested anyway
            default -> throw new MalformedException("has external data with the unknown entry " + Quoted.of(key));
        }
    }

    private long count() {
        try {
            long count = Long.parseLong(value);
            if (count >= 0) {
                return count;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new MalformedException("has external data whose %s is %s".formatted(key, Quoted.of(value)));
    }

    boolean isGiven() {
        return !location.isEmpty();
    }

    String location() {
        return location;
    }

    long offset() {
        return offset;
    }

    /** {@return how many bytes belong to the tensor in a file of that size} */
    long lengthIn(long fileSize) {
        return length >= 0 ? length : Math.max(0, fileSize - offset);
    }
}
