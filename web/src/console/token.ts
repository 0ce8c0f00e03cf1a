const kKey = 'sluice-token';

/** Where the token is kept: until the tab is closed, and for this tab only. */
export interface TokenPlace {
    location: Pick<Location, 'hash' | 'pathname' | 'search'>;
    history: Pick<History, 'replaceState'>;
    storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/**
 * The token of this tab: from the address (`#token=…`), which is then taken out of the address bar
 * and the history, or from an earlier sign-in.
 */
export function takeToken({ location, history, storage }: TokenPlace): string | undefined {
    const offered = new URLSearchParams(location.hash.slice(1)).get('token')?.trim();
    if (offered) {
        storage.setItem(kKey, offered);
        history.replaceState(null, '', location.pathname + location.search);
    }
    return storage.getItem(kKey) ?? undefined;
}

export function keepToken(storage: TokenPlace['storage'], token: string): void {
    storage.setItem(kKey, token);
}

export function forgetToken(storage: TokenPlace['storage']): void {
    storage.removeItem(kKey);
}
