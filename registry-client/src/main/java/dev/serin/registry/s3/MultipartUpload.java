package dev.serin.registry.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** The upload of one large file, part by part; nobody sees the object before the last step. Used by one thread. */
final class MultipartUpload {
    private final S3Client client;
    private final S3Config config;
    private final String key;
    private final Path file;
    private final long size;
    private final long partSize;

    MultipartUpload(S3Client client, S3Config config, String key, Path file, long size, long partSize) {
        this.client = client;
        this.config = config;
        this.key = key;
        this.file = file;
        this.size = size;
        this.partSize = partSize;
    }

    void run() {
        String bucket = config.location().bucket();
        String id = client.createMultipartUpload(
                        request -> request.bucket(bucket).key(key))
                .uploadId();
        if (id == null) {
            throw new NotS3Exception("it began no upload");
        }
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long start = 0; start < size; start += partSize) {
                parts.add(upload(id, parts.size() + 1, start, Math.min(partSize, size - start)));
            }
            CompletedMultipartUpload whole =
                    CompletedMultipartUpload.builder().parts(parts).build();
            client.completeMultipartUpload(
                    request -> request.bucket(bucket).key(key).uploadId(id).multipartUpload(whole));
        } catch (RuntimeException e) {
            abort(id, e);
            throw e;
        }
    }

    private CompletedPart upload(String id, int number, long start, long length) {
        RequestBody body =
                RequestBody.fromContentProvider(() -> open(start, length), length, "application/octet-stream");
        String eTag = client.uploadPart(
                        request -> request.bucket(config.location().bucket())
                                .key(key)
                                .uploadId(id)
                                .partNumber(number)
                                .contentLength(length)
                                .overrideConfiguration(override -> override.apiCallAttemptTimeout(
                                        config.timeouts().upload(length))),
                        body)
                .eTag();
        return CompletedPart.builder().partNumber(number).eTag(eTag).build();
    }

    /** Anew for every attempt; whoever reads it closes it. */
    private InputStream open(long start, long length) {
        try {
            return new Slice(Channels.newInputStream(FileChannel.open(file).position(start)), length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parts that nobody completes are stored, unseen and paid for, until somebody aborts them. */
    private void abort(String id, RuntimeException failure) {
        try {
            client.abortMultipartUpload(request ->
                    request.bucket(config.location().bucket()).key(key).uploadId(id));
        } catch (SdkException | NotS3Exception e) {
            failure.addSuppressed(e);
        }
    }

    /** The first so many bytes of a stream. */
    private static final class Slice extends InputStream {
        private final InputStream in;
        private long left;

        Slice(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] buffer, int offset, int wanted) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = in.read(buffer, offset, (int) Math.min(wanted, left));
            left -= Math.max(0, n);
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
