import { failureOfAnswer, findReason, type Failure } from './failure';

const kAnswerTimeoutMs = 10_000;
const kReasonBytes = 4096;

/** The stream could not be opened; says why. */
export class OpenError extends Error {
    constructor(readonly failure: Failure) {
        super(failure.kind);
    }
}

/** The server's answer when it is 200; else rejects with OpenError, or as the signal says. */
export async function fetchOpen(url: URL, signal: AbortSignal): Promise<Response> {
    const answer = await answerOf(url, signal);
    if (answer.status === 200 && answer.body) return answer;
    throw new OpenError(failureOfAnswer(answer.status, await reasonOf(answer)));
}

async function answerOf(url: URL, signal: AbortSignal): Promise<Response> {
    const patience = new AbortController();
    const give = () => patience.abort();
    const timer = setTimeout(give, kAnswerTimeoutMs);
    signal.addEventListener('abort', give);
    try {
        return await fetch(url, { signal: patience.signal, cache: 'no-store' });
    } catch {
        signal.throwIfAborted();
        throw new OpenError({ kind: 'unreachable' });
    } finally {
        clearTimeout(timer);
    }
}

async function reasonOf(answer: Response): Promise<ReturnType<typeof findReason>> {
    const header = findReason(answer.headers.get('X-Sluice-Reason') ?? '');
    if (header) return header;
    try {
        return findReason((await answer.text()).slice(0, kReasonBytes));
    } catch {
        return undefined;
    }
}
