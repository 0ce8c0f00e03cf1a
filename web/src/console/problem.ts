/** A wrong field, as the API names it. */
export interface FieldProblem {
    field: string;
    message: string;
}

/** The API refused, or there was no answer (status 0). RFC 9457. */
export class Problem extends Error {
    constructor(
        readonly status: number,
        readonly title: string,
        readonly detail: string,
        readonly fields: readonly FieldProblem[] = [],
    ) {
        super(detail || title || `HTTP ${status}`);
    }
}

/** Reads a refusal; anything that is no problem document (a proxy's page) keeps its status only. */
export async function problemOf(answer: Response): Promise<Problem> {
    try {
        const body: unknown = await answer.json();
        return fromDocument(answer.status, body as Record<string, unknown>);
    } catch {
        return new Problem(answer.status, answer.statusText, '');
    }
}

function fromDocument(status: number, body: Record<string, unknown>): Problem {
    const errors = Array.isArray(body.errors) ? body.errors : [];
    const fields = errors.map((e: Record<string, unknown>) => ({
        field: text(e.field),
        message: text(e.message),
    }));
    return new Problem(status, text(body.title), text(body.detail), fields);
}

function text(value: unknown): string {
    return typeof value === 'string' ? value : '';
}
