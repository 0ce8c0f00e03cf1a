import { h } from './dom';
import type { Texts } from './messages';

/** Asks for the token; `error` says why it is asked again. */
export function signInForm(texts: Texts, error: string, done: (token: string) => void): HTMLElement {
    const field = h('input', {
        id: 'token',
        type: 'password',
        required: true,
        autocomplete: 'off',
        spellcheck: 'false',
    });
    return h(
        'form',
        {
            class: 'sign-in',
            onsubmit: (event) => {
                event.preventDefault();
                const token = field.value.trim();
                if (token) done(token);
            },
        },
        h('label', { for: 'token' }, texts.tokenLabel),
        field,
        h('small', {}, texts.tokenHint),
        h('p', { class: 'error', role: 'alert' }, error),
        h('button', { type: 'submit', class: 'primary' }, texts.signIn),
    );
}
