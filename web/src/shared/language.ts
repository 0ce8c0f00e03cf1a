/** Languages the pages speak. */
export type Language = 'en' | 'zh';

/** The first language of the reader's list that we speak; English when there is none. */
export function pickLanguage(preferred: readonly string[]): Language {
    for (const tag of preferred) {
        const primary = tag.toLowerCase().split('-')[0];
        if (primary === 'zh' || primary === 'en') return primary;
    }
    return 'en';
}

/** The reader's language, also told to the browser and screen readers. */
export function adoptLanguage(): Language {
    const language = pickLanguage(navigator.languages);
    document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
    return language;
}
