package dev.serin.registry.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Makes S3Proxy's store as atomic as S3 is: by itself 4.1.0 compares a tag first and writes afterwards, and may answer
 * with one write's tag and another one's bytes, or list an object that is being written without its tag.
 */
final class AtomicBlobs extends ForwardingBlobStore {
    private final Object lock = new Object();

    AtomicBlobs(BlobStore blobs) {
        super(blobs);
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream in) {
        byte[] content = readAll(in);
        synchronized (lock) {
            if (request.ifMatch() != null && !Tags.of(request.ifMatch()).equals(Tags.of(tag(request)))) {
                throw S3Exceptions.fromStatusCode(412, null, Map.of(), null);
            }
            return delegate().putBlob(request, new ByteArrayInputStream(content));
        }
    }

    private String tag(PutObjectRequest request) {
        try {
            return delegate()
                    .blobMetadata(HeadObjectRequest.builder()
                            .bucket(request.bucket())
                            .key(request.key())
                            .build())
                    .eTag();
        } catch (S3Exception e) {
            if (e.statusCode() == 404) {
                throw S3Exceptions.fromStatusCode(412, null, Map.of(), null);
            }
            throw e;
        }
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        synchronized (lock) {
            return delegate().list(request);
        }
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        synchronized (lock) {
            try (ResponseInputStream<GetObjectResponse> blob = delegate().getBlob(request)) {
                return new ResponseInputStream<>(
                        blob.response(), AbortableInputStream.create(new ByteArrayInputStream(readAll(blob))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static byte[] readAll(InputStream in) {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
