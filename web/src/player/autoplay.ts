/**
 * Starts the element; without sound when the browser allows only that. False when it wants a
 * click first.
 */
export async function autoplay(media: HTMLMediaElement): Promise<boolean> {
    if (await plays(media)) return true;
    if (media.muted) return false;
    media.muted = true;
    return plays(media);
}

async function plays(media: HTMLMediaElement): Promise<boolean> {
    try {
        await media.play();
        return true;
    } catch (error) {
        // Any other rejection is a load that was replaced by a newer one: no refusal.
        return !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
}
