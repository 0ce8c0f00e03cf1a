import type { Language } from '../shared/language';
import type { Problem } from './problem';

export interface Texts {
    title: string;
    username: string;
    password: string;
    wrongPassword: string;
    sessionEnded: string;
    tokenLabel: string;
    tokenHint: string;
    signIn: string;
    signOut: string;
    wrongToken: string;
    search: string;
    more: string;
    newChannel: string;
    name: string;
    id: string;
    idHint: string;
    create: string;
    emptyTitle: string;
    emptyHint: string;
    nothingFound: string;
    loading: string;
    states: Record<'live' | 'waiting' | 'idle' | 'disabled' | 'expired' | 'unknown', string>;
    watch: string;
    addresses: string;
    server: string;
    streamKey: string;
    pushUrl: string;
    pushUrlTls: string;
    playFlv: string;
    playRtmp: string;
    copy: string;
    copied: string;
    copyFailed: string;
    show: string;
    hide: string;
    viewers: (count: number) => string;
    liveCount: (live: number, all: number) => string;
    noAnswer: string;
    serverFault: (status: number) => string;
    forbidden: string;
}

const kEnglish: Texts = {
    title: 'Live channels',
    username: 'User name',
    password: 'Password',
    wrongPassword: 'Name or password is wrong.',
    sessionEnded: 'Sign in again: the session has ended.',
    tokenLabel: 'Or an access token',
    tokenHint: 'The file admin-token in the data folder holds one with all rights.',
    signIn: 'Sign in',
    signOut: 'Sign out',
    wrongToken: 'This token is not valid (any more).',
    search: 'Search name or id',
    more: 'Show more',
    newChannel: 'New channel',
    name: 'Name',
    id: 'Id (optional)',
    idHint: 'Letters, digits, - and _; it is part of every address. Made up when left empty.',
    create: 'Create channel',
    emptyTitle: 'No channel yet',
    emptyHint: 'Create one here, then push to the address it shows, with OBS or FFmpeg.',
    nothingFound: 'No channel matches.',
    loading: 'Loading…',
    states: {
        live: 'Live',
        waiting: 'Reconnecting',
        idle: 'Offline',
        disabled: 'Switched off',
        expired: 'Expired',
        unknown: '…',
    },
    watch: 'Watch',
    addresses: 'Addresses',
    server: 'OBS: server',
    streamKey: 'OBS: stream key',
    pushUrl: 'Push (RTMP)',
    pushUrlTls: 'Push (RTMPS)',
    playFlv: 'Play (HTTP-FLV)',
    playRtmp: 'Play (RTMP)',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'Select it, then Ctrl+C',
    show: 'Show',
    hide: 'Hide',
    viewers: (count) => (count === 1 ? '1 viewer' : `${count} viewers`),
    liveCount: (live, all) => `${live} of ${all} live`,
    noAnswer: 'The server does not answer. Trying again…',
    serverFault: (status) =>
        `The control plane does not answer (HTTP ${status}). Streams go on; trying again…`,
    forbidden: 'You may not do that.',
};

const kChinese: Texts = {
    title: '直播频道',
    username: '用户名',
    password: '密码',
    wrongPassword: '用户名或密码错误。',
    sessionEnded: '会话已结束，请重新登录。',
    tokenLabel: '或使用访问令牌',
    tokenHint: '数据目录中的 admin-token 文件里有一个拥有全部权限的令牌。',
    signIn: '登录',
    signOut: '退出',
    wrongToken: '令牌无效或已失效。',
    search: '搜索名称或 ID',
    more: '显示更多',
    newChannel: '新建频道',
    name: '名称',
    id: 'ID（可选）',
    idHint: '可用字母、数字、- 和 _，会出现在所有地址中；留空则自动生成。',
    create: '创建频道',
    emptyTitle: '还没有频道',
    emptyHint: '在这里创建频道，然后用 OBS 或 FFmpeg 推流到显示的地址。',
    nothingFound: '没有匹配的频道。',
    loading: '加载中…',
    states: {
        live: '直播中',
        waiting: '重连中',
        idle: '离线',
        disabled: '已停用',
        expired: '已过期',
        unknown: '…',
    },
    watch: '观看',
    addresses: '地址',
    server: 'OBS：服务器',
    streamKey: 'OBS：串流密钥',
    pushUrl: '推流（RTMP）',
    pushUrlTls: '推流（RTMPS）',
    playFlv: '播放（HTTP-FLV）',
    playRtmp: '播放（RTMP）',
    copy: '复制',
    copied: '已复制',
    copyFailed: '请选中后按 Ctrl+C',
    show: '显示',
    hide: '隐藏',
    viewers: (count) => `${count} 位观众`,
    liveCount: (live, all) => `${all} 个频道中 ${live} 个正在直播`,
    noAnswer: '服务器没有响应，正在重试…',
    serverFault: (status) => `控制服务没有响应（HTTP ${status}）。直播不受影响，正在重试…`,
    forbidden: '此令牌没有该权限。',
};

/** The console's words in one language. */
export function textsFor(language: Language): Texts {
    return language === 'zh' ? kChinese : kEnglish;
}

/** A refusal of the API in words. */
export function explain(problem: Problem, texts: Texts): string {
    if (problem.status === 0) return texts.noAnswer;
    if (problem.status === 401) return texts.wrongToken;
    if (problem.status === 403) return problem.detail || texts.forbidden;
    if (problem.status >= 500 && !problem.detail) return texts.serverFault(problem.status);
    return [problem.title, problem.detail].filter(Boolean).join(': ') || `HTTP ${problem.status}`;
}
