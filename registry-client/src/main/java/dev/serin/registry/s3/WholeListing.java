package dev.serin.registry.s3;

import dev.serin.registry.KeyOrder;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.SideBySide;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A listing of everything, for somebody who waits for it. Pages come one after another, since each names the next. So once
 * a few of them have shown that there is much, the folders are listed instead, many at a time. That takes more requests:
 * where folders are so small, or so many, that it takes longer too, the pages go on. Used by one thread.
 */
final class WholeListing {
    private static final int FEW_PAGES = 2;

    /** A listing of a smaller one brings less than a page's share of those that are made at a time. */
    private static final int LEAST_OBJECTS_OF_A_FOLDER = 1_000 / SideBySide.REQUESTS;

    private static final int MOST_FOLDERS = 4_000;

    private final S3Client client;
    private final S3Location location;
    private final Requests requests;

    WholeListing(S3Client client, S3Location location, Requests requests) {
        this.client = client;
        this.location = location;
        this.requests = requests;
    }

    /** {@return every object, as the pages of one listing would show them} */
    List<RegistryObject> objects() {
        S3Listing pages = S3Listing.of(client, location, "");
        Optional<String> next = pages.addPage(requests, Optional.empty());
        for (int i = 1; next.isPresent() && i < FEW_PAGES; i++) {
            next = pages.addPage(requests, next);
        }
        if (next.isEmpty()) {
            return pages.objects();
        }
        S3Listing firstLevel = S3Listing.ofFirstLevel(client, location).addAll(requests, Optional.empty());
        return isFasterByFolders(pages.objects(), firstLevel.folders())
                ? byFolders(firstLevel)
                : pages.addAll(requests, next).objects();
    }

    private static boolean isFasterByFolders(List<RegistryObject> sample, List<String> folders) {
        long seen = sample.stream()
                .map(object -> object.key().split("/", 2)[0])
                .distinct()
                .count();
        return folders.size() > 1
                && folders.size() <= MOST_FOLDERS
                && sample.size() >= seen * LEAST_OBJECTS_OF_A_FOLDER
                && folders.stream().allMatch(folder -> S3Registry.mayBegin(folder + "/"));
    }

    private List<RegistryObject> byFolders(S3Listing firstLevel) {
        Queue<RegistryObject> found = new ConcurrentLinkedQueue<>(firstLevel.objects());
        AtomicLong count = new AtomicLong(found.size());
        SideBySide.each(firstLevel.folders(), folder -> {
            S3Listing listing = S3Listing.of(client, location, folder + "/");
            List<RegistryObject> objects =
                    listing.addAll(requests, Optional.empty()).objects();
            requests.ask("list everything", () -> checkedCount(count.addAndGet(objects.size())));
            found.addAll(objects);
        });
        List<RegistryObject> all = new ArrayList<>(found);
        all.sort(Comparator.comparing(RegistryObject::key, KeyOrder::compare));
        return List.copyOf(all);
    }

    private static long checkedCount(long objects) {
        S3Listing.checkSize(objects);
        return objects;
    }
}
