type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/**
 * Makes an element. Attributes that are functions become listeners (`onclick`), `true` an empty
 * attribute, `false` none. Text is always text, never markup.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
    name: K,
    attributes: Attributes = {},
    ...children: Child[]
): HTMLElementTagNameMap[K] {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) set(element, key, value);
    element.append(...children.filter((child): child is Node | string => Boolean(child)));
    return element;
}

/** Changes a text only when it differs, so that selections and screen readers stay calm. */
export function setText(element: Element, text: string): void {
    if (element.textContent !== text) element.textContent = text;
}

function set(element: HTMLElement, key: string, value: Attributes[string]): void {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false) element.setAttribute(key, value);
}
