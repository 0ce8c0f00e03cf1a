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

function askForToken(error: string): void {
    board?.stop();
    board = undefined;
    forgetToken(sessionStorage);
    signOut.hidden = true;
    main.replaceChildren(
        signInForm(texts, error, (token) => {
            keepToken(sessionStorage, token);
            begin();
        }),
    );
    main.querySelector<HTMLInputElement>('#token')?.focus();
}

function begin(): void {
    const token = takeToken(place);
    if (!token) return askForToken('');
    board?.stop();
    board = new Board(new Api(token, language), texts, () => askForToken(texts.wrongToken));
    signOut.hidden = false;
    main.replaceChildren(h('h1', {}, texts.title), board.element);
    board.start();
}

setText(signOut, texts.signOut);
signOut.onclick = () => askForToken('');
addEventListener('hashchange', begin);
begin();
