import type { Api, Channel } from './api';
import { h } from './dom';
import { explain, type Texts } from './messages';
import { Problem } from './problem';

/** The small form that makes a channel; `made` gets what the API answered. */
export function createForm(api: Api, texts: Texts, made: (channel: Channel) => void): HTMLElement {
    const name = h('input', { name: 'name', maxlength: '128', autocomplete: 'off' });
    const id = h('input', {
        name: 'id',
        maxlength: '64',
        pattern: '[A-Za-z0-9_\\-]*',
        autocomplete: 'off',
        autocapitalize: 'off',
        spellcheck: 'false',
    });
    const error = h('p', { class: 'error', role: 'alert' });
    const button = h('button', { type: 'submit', class: 'primary' }, texts.create);

    async function submit(): Promise<void> {
        button.disabled = true;
        error.replaceChildren();
        try {
            const channel = await api.create(filled({ id: id.value.trim(), name: name.value.trim() }));
            name.value = id.value = '';
            made(channel);
        } catch (thrown) {
            if (!(thrown instanceof Problem)) throw thrown;
            error.replaceChildren(...problemLines(thrown, texts));
        } finally {
            button.disabled = false;
        }
    }

    return h(
        'form',
        {
            class: 'create',
            onsubmit: (event) => {
                event.preventDefault();
                void submit();
            },
        },
        h('label', {}, texts.name, name),
        h('label', {}, texts.id, id, h('small', {}, texts.idHint)),
        button,
        error,
    );
}

function filled(fields: { id: string; name: string }): Partial<typeof fields> {
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function problemLines(problem: Problem, texts: Texts): Node[] {
    const fields = problem.fields.map(({ field, message }) => h('div', {}, `${field}: ${message}`));
    return [h('div', {}, explain(problem, texts)), ...fields];
}
