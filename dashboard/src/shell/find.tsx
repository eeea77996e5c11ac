import { type SubmitEvent, useEffect, useRef } from "react";
import { linkTo } from "../route/route.ts";
import { go } from "../route/use_route.ts";
import { Icon } from "../ui/icon.tsx";

/** Goes to a contract or quote by its number, from every page; "/" brings the focus here. */
export function Find() {
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const isTyping = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      input.current?.select();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const number = input.current?.value.trim();
    if (!number) return;
    go(linkTo("contract", number));
    if (input.current) input.current.value = "";
  }

  return (
    <form className="find" role="search" onSubmit={submit}>
      <Icon name="search" size={14} />
      <input
        ref={input}
        className="input"
        type="text"
        enterKeyHint="search"
        aria-label="Find a contract or quote by number"
        aria-keyshortcuts="/"
        placeholder="Find CT-… or BQ-…"
        autoComplete="off"
        spellCheck={false}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
