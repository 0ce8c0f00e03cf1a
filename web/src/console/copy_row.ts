import { h } from './dom';
import type { Texts } from './messages';

const kThanksMs = 1500;

/** A labelled value with a button that copies it; a secret one is hidden until asked for. */
export function copyRow(label: string, value: string, secret: boolean, texts: Texts): HTMLElement {
    const field = h('input', {
        type: secret ? 'password' : 'text',
        value,
        readonly: true,
        'aria-label': label,
        autocomplete: 'off',
        spellcheck: 'false',
        onfocus: () => field.select(),
    });
    return h(
        'div',
        { class: 'copy-row' },
        h('span', { class: 'label' }, label),
        field,
        secret && revealButton(field, label, texts),
        copyButton(field, label, texts),
    );
}

function revealButton(field: HTMLInputElement, label: string, texts: Texts): HTMLButtonElement {
    const button = h(
        'button',
        {
            type: 'button',
            class: 'quiet',
            'aria-label': `${texts.show}: ${label}`,
            onclick: () => {
                const hidden = field.type === 'password';
                field.type = hidden ? 'text' : 'password';
                button.textContent = hidden ? texts.hide : texts.show;
            },
        },
        texts.show,
    );
    return button;
}

function copyButton(field: HTMLInputElement, label: string, texts: Texts): HTMLButtonElement {
    const button = h(
        'button',
        {
            type: 'button',
            'aria-label': `${texts.copy}: ${label}`,
            onclick: () => {
                void copy(field).then((done) => {
                    button.textContent = done ? texts.copied : texts.copyFailed;
                    setTimeout(() => (button.textContent = texts.copy), kThanksMs);
                });
            },
        },
        texts.copy,
    );
    return button;
}

/** The clipboard API exists only on https and localhost; elsewhere the old way is the only one. */
async function copy(field: HTMLInputElement): Promise<boolean> {
    if (navigator.clipboard) {
        try {
            await navigator.clipboard.writeText(field.value);
            return true;
        } catch {
            // Not allowed: try the other way.
        }
    }
    const type = field.type;
    field.type = 'text';
    field.select();
    const done = document.execCommand('copy');
    field.type = type;
    return done;
}
