import { type KeyboardEvent, type SubmitEvent, useEffect, useId, useRef, useState } from "react";
import type { SearchItem } from "../api/answers.ts";
import { useSearch } from "../live/use_search.ts";
import { linkTo } from "../route/route.ts";
import { go } from "../route/use_route.ts";
import { Icon } from "../ui/icon.tsx";
import { entityWords } from "../ui/words.ts";

/** Finds a record as one types, from every page: "/" brings the focus here, the arrows choose, Enter opens. */
export function Find() {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const { found, searchNow } = useSearch(text);
  const listId = useId();
  const items = found?.answer.items ?? [];
  const isShown = isOpen && found !== null;

  useSlash(input);
  useEffect(() => setChosen(0), [found]);

  function leave(): void {
    setText("");
    setOpen(false);
    input.current?.blur();
  }

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const now = await searchNow();
    setOpen(true);
    const item = now?.answer.items[now === found ? chosen : 0];
    if (!item) return;
    leave();
    go(addressOf(item));
  }

  function onKey(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === "Escape") return isShown ? setOpen(false) : leave();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || items.length === 0) return;
    event.preventDefault();
    setOpen(true);
    setChosen((chosen + step + items.length) % items.length);
  }

  return (
    <form className="find" role="search" onSubmit={(event) => void submit(event)}>
      <Icon name="search" size={14} />
      <input
        ref={input}
        className="input"
        type="text"
        role="combobox"
        enterKeyHint="search"
        aria-label="Find a record"
        aria-keyshortcuts="/"
        aria-expanded={isShown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isShown && items.length > 0 ? `${listId}-${chosen}` : undefined}
        placeholder="Number, company or Zoho id"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
        }}
        onKeyDown={onKey}
        // A click on a result comes first.
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onFocus={() => setOpen(true)}
      />
      <kbd aria-hidden="true">/</kbd>
      <div id={listId} className="find-results" role="listbox" aria-label="Found records" hidden={!isShown}>
        {items.map((item, index) => (
          <a
            key={`${item.entityType} ${item.entityId}`}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === chosen}
            href={addressOf(item)}
            tabIndex={-1}
            onClick={leave}
          >
            <strong>{item.number ?? item.name ?? "without a name"}</strong>
            <span className="light">
              {[entityWords[item.entityType], item.number === null ? null : item.name].filter(Boolean).join(
                " · ",
              )}
            </span>
          </a>
        ))}
        {isShown && items.length === 0 && (
          <p className="light" role="option" aria-selected={false} aria-disabled>
            {`Nothing found for “${found.text}”`}
          </p>
        )}
        {found?.answer.more && <p className="light" role="presentation">More records match: keep typing</p>}
      </div>
      <span className="hidden-text" role="status">
        {isShown && `${items.length} found`}
      </span>
    </form>
  );
}

function addressOf({ entityId, number }: SearchItem): string {
  return linkTo("contract", number ?? entityId);
}

/** "/" from anywhere but a field or a dialog. */
function useSlash(input: { readonly current: HTMLInputElement | null }): void {
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      const isTyping = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      input.current?.select();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [input]);
}
