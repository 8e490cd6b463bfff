package dev.serin.registry;

/** A registry was listed, and shows so much less than before that it is not believed yet. */
public final class DoubtfulListingException extends RegistryException {
    private static final long serialVersionUID = 1;

    private final String shows;

    /**
     * A listing that is not believed.
     *
     * @param shows what it shows, without saying where: {@code the listing shows 0 of 12 models}
     */
    public DoubtfulListingException(String location, String shows, String believedOnce) {
        super("Cannot believe %s: %s; %s".formatted(location, shows, believedOnce));
        this.shows = shows;
    }

    /** {@return what it shows, without saying where} */
    public String shows() {
        return shows;
    }
}
