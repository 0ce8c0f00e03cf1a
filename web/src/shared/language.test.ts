import { expect, test } from 'vitest';

import { pickLanguage } from './language';

test.each([
    { preferred: ['zh-CN', 'en'], language: 'zh' },
    { preferred: ['zh-Hant-TW'], language: 'zh' },
    { preferred: ['en-GB', 'zh'], language: 'en' },
    { preferred: ['fr', 'de', 'zh'], language: 'zh' },
    { preferred: ['fr'], language: 'en' },
    { preferred: [], language: 'en' },
])('$preferred reads $language', ({ preferred, language }) => {
    expect(pickLanguage(preferred)).toBe(language);
});
