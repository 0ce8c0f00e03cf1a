import { failureOfAnswer, findReason, type Failure } from './failure';
import { webSocketAddress, type Transport } from './page_address';

export type Bytes = ReadableStream<Uint8Array>;

/** The stream could not be opened; says why. */
export class OpenError extends Error {
    constructor(readonly failure: Failure) {
        super(failure.kind);
    }
}

/** Opens the stream. Rejects with OpenError, or with the signal's reason when aborted. */
export function openStream(url: URL, transport: Transport, signal: AbortSignal): Promise<Bytes> {
    return transport === 'ws' ? openWebSocket(url, signal) : openHttp(url, signal);
}

const kAnswerTimeoutMs = 10_000;
const kReasonBytes = 4096;

async function openHttp(url: URL, signal: AbortSignal): Promise<Bytes> {
    const answer = await answerOf(url, signal);
    if (answer.status === 200 && answer.body) return answer.body;
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

/** A failed WebSocket tells no status to the page, so HTTP is asked for the reason. */
async function openWebSocket(url: URL, signal: AbortSignal): Promise<Bytes> {
    try {
        return await connectWebSocket(webSocketAddress(url), signal);
    } catch {
        signal.throwIfAborted();
        const bytes = await openHttp(url, signal);
        await bytes.cancel();
        throw new OpenError({ kind: 'unreachable' });
    }
}

function connectWebSocket(url: URL, signal: AbortSignal): Promise<Bytes> {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        const timer = setTimeout(() => socket.close(), kAnswerTimeoutMs);
        signal.addEventListener('abort', () => socket.close());

        socket.onopen = () => {
            clearTimeout(timer);
            resolve(messagesOf(socket));
        };
        socket.onclose = () => {
            clearTimeout(timer);
            reject(new Error('closed before it was open'));
        };
    });
}

function messagesOf(socket: WebSocket): Bytes {
    return new ReadableStream<Uint8Array>({
        start(controller) {
            socket.onmessage = ({ data }) => {
                if (data instanceof ArrayBuffer) controller.enqueue(new Uint8Array(data));
            };
            socket.onclose = () => controller.close();
        },
        cancel() {
            socket.onclose = null;
            socket.close();
        },
    });
}
