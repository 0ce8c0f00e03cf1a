import type { Api } from './api';
import { h } from './dom';
import { explain, type Texts } from './messages';
import { Problem } from './problem';

/** What the form ends with: a session that the browser keeps as a cookie, or a token. */
export interface SignedIn {
    session: () => void;
    token: (token: string) => void;
}

/** Asks for name and password, or for a token; `error` says why it is asked again. */
export function signInForm(api: Api, texts: Texts, error: string, done: SignedIn): HTMLElement {
    return h(
        'div',
        { class: 'sign-in' },
        passwordForm(api, texts, done.session),
        h('p', { class: 'error', role: 'alert' }, error),
        tokenForm(texts, done.token),
    );
}

function passwordForm(api: Api, texts: Texts, done: () => void): HTMLElement {
    const name = h('input', {
        id: 'username',
        required: true,
        autocomplete: 'username',
        autocapitalize: 'off',
        spellcheck: 'false',
    });
    const password = h('input', {
        id: 'password',
        type: 'password',
        required: true,
        autocomplete: 'current-password',
    });
    const error = h('p', { class: 'error', role: 'alert' });
    const button = h('button', { type: 'submit', class: 'primary' }, texts.signIn);

    async function submit(): Promise<void> {
        button.disabled = true;
        error.replaceChildren();
        try {
            await api.signIn(name.value.trim(), password.value);
            done();
        } catch (thrown) {
            if (!(thrown instanceof Problem)) throw thrown;
            error.replaceChildren(thrown.status === 401 ? texts.wrongPassword : explain(thrown, texts));
        } finally {
            button.disabled = false;
        }
    }

    return h(
        'form',
        {
            onsubmit: (event) => {
                event.preventDefault();
                void submit();
            },
        },
        h('label', { for: 'username' }, texts.username),
        name,
        h('label', { for: 'password' }, texts.password),
        password,
        error,
        button,
    );
}

function tokenForm(texts: Texts, done: (token: string) => void): HTMLElement {
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
            onsubmit: (event) => {
                event.preventDefault();
                const token = field.value.trim();
                if (token) done(token);
            },
        },
        h('label', { for: 'token' }, texts.tokenLabel),
        field,
        h('small', {}, texts.tokenHint),
        h('button', { type: 'submit' }, texts.signIn),
    );
}
