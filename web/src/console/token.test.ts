import { describe, expect, test, vi } from 'vitest';

import { forgetToken, takeToken } from './token';

function place(hash: string) {
    const kept = new Map<string, string>();
    return {
        location: { hash, pathname: '/console/', search: '' },
        history: { replaceState: vi.fn() },
        storage: {
            getItem: (key: string) => kept.get(key) ?? null,
            setItem: (key: string, value: string) => void kept.set(key, value),
            removeItem: (key: string) => void kept.delete(key),
        },
    };
}

describe('token', () => {
    test('one in the address is kept and taken out of the address', () => {
        const at = place('#token=abc%2B1');

        expect(takeToken(at)).toBe('abc+1');
        expect(at.history.replaceState).toHaveBeenCalledWith(null, '', '/console/');
        at.location.hash = '';
        expect(takeToken(at)).toBe('abc+1');
    });

    test('without one the address is left alone', () => {
        const at = place('#elsewhere');

        expect(takeToken(at)).toBeUndefined();
        expect(at.history.replaceState).not.toHaveBeenCalled();
    });

    test('signing out forgets it', () => {
        const at = place('#token=abc');
        takeToken(at);
        at.location.hash = '';
        forgetToken(at.storage);

        expect(takeToken(at)).toBeUndefined();
    });
});
