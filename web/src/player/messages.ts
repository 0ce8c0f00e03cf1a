import type { Language } from '../shared/language';
import type { Failure, FailureKind, Reason } from './failure';

interface Texts {
    connecting: string;
    silent: string;
    paused: string;
    blocked: string;
    audioOnly: string;
    play: string;
    pause: string;
    mute: string;
    unmute: string;
    fullscreen: string;
    leaveFullscreen: string;
    stats: string;
    player: string;
    live: string;
    buffer: string;
    latency: string;
    failures: Record<FailureKind, string>;
    reasons: Record<Reason, string>;
    answer: (status: number) => string;
}

const kEnglish: Texts = {
    connecting: 'Connecting…',
    silent: 'The broadcaster is away. The picture comes back by itself.',
    paused: 'Paused',
    blocked: 'Press play to start',
    audioOnly: 'Sound only',
    play: 'Play',
    pause: 'Pause',
    mute: 'Mute',
    unmute: 'Turn sound on',
    fullscreen: 'Full screen',
    leaveFullscreen: 'Leave full screen',
    stats: 'Technical details',
    player: 'Live player',
    live: 'Live',
    buffer: 'buffer',
    latency: 'latency',
    failures: {
        offline: 'Waiting for the stream. It starts by itself.',
        refused: 'You may not watch this stream.',
        busy: 'The server is busy. Trying again…',
        unreachable: 'No connection to the server. Trying again…',
        ended: 'The stream has stopped. It goes on by itself when it is back.',
        changed: 'Connecting…',
        stuck: 'The picture got stuck. Connecting again…',
        unsupported: 'This browser cannot play this stream.',
        broken: 'What the server sends is not a stream.',
    },
    reasons: {
        bad_name: 'This is no valid channel name.',
        unknown_channel: 'There is no channel of this name (yet).',
        disabled: 'This channel is switched off.',
        expired: 'This channel has expired.',
        signature_missing: 'This stream needs a signed link.',
        signature_malformed: 'The link is damaged: its signature cannot be read.',
        signature_expired: 'This link has expired. Ask for a new one.',
        signature_wrong: 'The signature of this link is wrong.',
        address_denied: 'Your network address may not watch this stream.',
        referer_denied: 'This stream may not be watched from this website.',
        origin_denied: 'This stream may not be watched from this website.',
        output_disabled: 'This way of watching is switched off for the channel.',
        hub_full: 'The server is full. Trying again…',
        viewer_limit: 'All places are taken. Trying again…',
        authorise_denied: 'You may not watch this stream.',
        authorise_failed: 'Nobody could say whether you may watch. Trying again…',
    },
    answer: (status) => `The server answered with status ${status}.`,
};

const kChinese: Texts = {
    connecting: '正在连接…',
    silent: '主播暂时离开，画面会自动恢复。',
    paused: '已暂停',
    blocked: '请按播放键开始',
    audioOnly: '仅有声音',
    play: '播放',
    pause: '暂停',
    mute: '静音',
    unmute: '打开声音',
    fullscreen: '全屏',
    leaveFullscreen: '退出全屏',
    stats: '技术信息',
    player: '直播播放器',
    live: '直播',
    buffer: '缓冲',
    latency: '延迟',
    failures: {
        offline: '等待直播开始，开始后会自动播放。',
        refused: '您无权观看此直播。',
        busy: '服务器繁忙，正在重试…',
        unreachable: '无法连接服务器，正在重试…',
        ended: '直播已停止，恢复后会自动继续。',
        changed: '正在连接…',
        stuck: '画面卡住了，正在重新连接…',
        unsupported: '此浏览器无法播放该直播。',
        broken: '服务器返回的不是直播流。',
    },
    reasons: {
        bad_name: '频道名称无效。',
        unknown_channel: '（尚）没有这个名称的频道。',
        disabled: '该频道已停用。',
        expired: '该频道已过期。',
        signature_missing: '观看此直播需要带签名的链接。',
        signature_malformed: '链接已损坏：无法读取签名。',
        signature_expired: '链接已过期，请获取新的链接。',
        signature_wrong: '链接的签名不正确。',
        address_denied: '您的网络地址无权观看此直播。',
        referer_denied: '不允许在此网站观看该直播。',
        origin_denied: '不允许在此网站观看该直播。',
        output_disabled: '该频道已关闭这种观看方式。',
        hub_full: '服务器已满，正在重试…',
        viewer_limit: '观看人数已满，正在重试…',
        authorise_denied: '您无权观看此直播。',
        authorise_failed: '暂时无法确认观看权限，正在重试…',
    },
    answer: (status) => `服务器返回状态 ${status}。`,
};

/** The player's words in one language. */
export function textsFor(language: Language): Texts {
    return language === 'zh' ? kChinese : kEnglish;
}

/** A failure in words: the server's reason where it gave one. */
export function explain(failure: Failure, texts: Texts): string {
    if (failure.reason) return texts.reasons[failure.reason];
    const words = texts.failures[failure.kind];
    const odd = failure.kind === 'refused' || failure.kind === 'busy';
    return odd && failure.status ? `${words} ${texts.answer(failure.status)}` : words;
}

export type { Texts };
