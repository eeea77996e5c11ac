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
  const asked = text.trim();
  wanted.current = asked;

  async function search(): Promise<Found | null> {
    if (asked.length < least) return null;
    const answer = await read<Answered<SearchAnswer>>(
      `/search?${new URLSearchParams({ text: asked, limit: "8" })}`,
    )
      .catch(() => null);
    // A later letter may have been answered first.
    if (answer === null || wanted.current !== asked) return null;
    const now = { text: asked, answer };
    setFound(now);
    return now;
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
