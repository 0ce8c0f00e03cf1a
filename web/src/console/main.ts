import './console.css';

import { adoptLanguage } from '../shared/language';
import { Api } from './api';
import { Board } from './board';
import { h, setText } from './dom';
import { textsFor } from './messages';
import { signInForm } from './sign_in';
import { forgetToken, keepToken, takeToken } from './token';

const language = adoptLanguage();
const texts = textsFor(language);
const place = { location, history, storage: sessionStorage };
const main = document.querySelector('main') as HTMLElement;
const signOut = document.getElementById('sign-out') as HTMLButtonElement;
let board: Board | undefined;

/** Without a token it is the session's cookie that says who asks. */
function apiFor(token?: string): Api {
    return new Api(token, language);
}

function askWho(error: string): void {
    board?.stop();
    board = undefined;
    forgetToken(sessionStorage);
    signOut.hidden = true;
    main.replaceChildren(
        signInForm(apiFor(), texts, error, {
            session: () => show(),
            token: (token) => {
                keepToken(sessionStorage, token);
                show(token);
            },
        }),
    );
    main.querySelector<HTMLInputElement>('#username')?.focus();
}

function show(token?: string): void {
    board?.stop();
    const lost = token ? texts.wrongToken : texts.sessionEnded;
    board = new Board(apiFor(token), texts, () => askWho(lost));
    signOut.hidden = false;
    main.replaceChildren(h('h1', {}, texts.title), board.element);
    board.start();
}

async function begin(): Promise<void> {
    const token = takeToken(place);
    if (token) return show(token);
    if (await apiFor().hasSession()) return show();
    askWho('');
}

async function leave(): Promise<void> {
    if (!takeToken(place)) await apiFor().signOut();
    askWho('');
}

setText(signOut, texts.signOut);
signOut.onclick = () => void leave();
addEventListener('hashchange', () => void begin());
void begin();
