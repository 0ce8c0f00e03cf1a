import { fetchOpen, OpenError } from '../answer';
import { webSocketAddress, type Transport } from '../page_address';

export type Bytes = ReadableStream<Uint8Array>;

/** Opens the stream. Rejects with OpenError, or with the signal's reason when aborted. */
export function openStream(url: URL, transport: Transport, signal: AbortSignal): Promise<Bytes> {
    return transport === 'ws' ? openWebSocket(url, signal) : openHttp(url, signal);
}

const kAnswerTimeoutMs = 10_000;

async function openHttp(url: URL, signal: AbortSignal): Promise<Bytes> {
    const { body } = await fetchOpen(url, signal);
    if (!body) throw new OpenError({ kind: 'unreachable' });
    return body;
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
