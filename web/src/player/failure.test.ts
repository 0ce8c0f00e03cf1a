import { describe, expect, test } from 'vitest';

import { failureOfAnswer, findReason } from './failure';

describe('an answer that is not the stream', () => {
    test.each([
        { status: 404, reason: undefined, kind: 'offline' },
        { status: 404, reason: 'unknown_channel', kind: 'offline' },
        { status: 403, reason: 'signature_expired', kind: 'refused' },
        { status: 401, reason: undefined, kind: 'refused' },
        { status: 403, reason: 'viewer_limit', kind: 'busy' },
        { status: 503, reason: undefined, kind: 'busy' },
        { status: 503, reason: 'authorise_failed', kind: 'busy' },
        { status: 403, reason: 'authorise_denied', kind: 'refused' },
        { status: 429, reason: undefined, kind: 'busy' },
        { status: 502, reason: undefined, kind: 'busy' },
    ] as const)('$status $reason is $kind', ({ status, reason, kind }) => {
        expect(failureOfAnswer(status, reason).kind).toBe(kind);
    });

    test.each([
        ['signature_wrong', 'signature_wrong'],
        ['sluice: signature_missing\n', 'signature_missing'],
        ['{"title":"Forbidden","reason":"address_denied"}', 'address_denied'],
        ['{"detail":"this account is disabled","reason":"authorise_denied"}', 'authorise_denied'],
        ['<h1>403 Forbidden</h1>', undefined],
        ['', undefined],
    ])('the reason in %j is %s', (text, reason) => {
        expect(findReason(text)).toBe(reason);
    });
});
