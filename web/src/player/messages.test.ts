import { describe, expect, test } from 'vitest';

import { explain, textsFor } from './messages';

describe('a failure in words', () => {
    const en = textsFor('en');

    test('the reason of the server comes first', () => {
        expect(explain({ kind: 'refused', status: 403, reason: 'signature_expired' }, en)).toBe(
            'This link has expired. Ask for a new one.',
        );
    });

    test('an odd refusal names its status', () => {
        expect(explain({ kind: 'refused', status: 418 }, en)).toContain('418');
    });

    test('an offline channel is no error', () => {
        expect(explain({ kind: 'offline', status: 404 }, en)).toBe(
            'Waiting for the stream. It starts by itself.',
        );
    });

    test('Chinese readers get Chinese', () => {
        expect(explain({ kind: 'offline' }, textsFor('zh'))).toContain('等待');
    });
});
