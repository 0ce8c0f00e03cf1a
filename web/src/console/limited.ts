/** Runs `work` for each item, at most `limit` at a time; rejects with the first failure. */
export async function eachLimited<T>(
    items: readonly T[],
    limit: number,
    work: (item: T) => Promise<void>,
): Promise<void> {
    const queue = items.values();
    async function lane(): Promise<void> {
        for (const item of queue) await work(item);
    }
    await Promise.all(Array.from({ length: limit }, lane));
}
