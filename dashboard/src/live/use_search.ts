import { useEffect, useRef, useState } from "react";
import type { Answered, SearchAnswer } from "../api/answers.ts";
import { read } from "../api/call.ts";

/** A pause in typing that is worth an answer. */
const gatherMs = 120;
const least = 2;

export interface Found {
  text: string;
  answer: SearchAnswer;
}

/** What is found for a text as it is typed; null until there is something to show. */
export function useSearch(text: string): { found: Found | null; searchNow: () => Promise<Found | null> } {
  const [found, setFound] = useState<Found | null>(null);
  const wanted = useRef("");
  const underWay = useRef<{ text: string; found: Promise<Found | null> } | null>(null);
  const asked = text.trim();
  wanted.current = asked;

  async function ask(): Promise<Found | null> {
    const answer = await read<Answered<SearchAnswer>>(
      `/search?${new URLSearchParams({ text: asked, limit: "8" })}`,
    )
      .catch(() => null);
    if (underWay.current?.text === asked) underWay.current = null;
    // A later letter may have been answered first.
    if (answer === null || wanted.current !== asked) return null;
    const now = { text: asked, answer };
    setFound(now);
    return now;
  }
  /** Enter waits for the search that typing has begun: two at once bring the entries up to date only once. */
  function search(): Promise<Found | null> {
    if (asked.length < least) return Promise.resolve(null);
    if (underWay.current?.text !== asked) underWay.current = { text: asked, found: ask() };
    return underWay.current.found;
  }

  useEffect(() => {
    if (asked.length < least) return setFound(null);
    const timer = setTimeout(() => void search(), gatherMs);
    return () => clearTimeout(timer);
  }, [asked]);

  return {
    found: asked.length < least ? null : found,
    searchNow: () => found?.text === asked ? Promise.resolve(found) : search(),
  };
}
