import { useEffect, useState } from "react";
import type { Answered, PeopleAnswer } from "../api/answers.ts";
import { read } from "../api/call.ts";
import { noPeople, type People } from "../say/who.ts";

/** Asked once as long as the page is open: two of Zoho's credits. */
let asked: Promise<People> | undefined;

export function forgetPeople(): void {
  asked = undefined;
}

/** The users of the Zoho org. Where they cannot be read, ids stand for them. */
export function usePeople(isWanted: boolean): People {
  const [people, setPeople] = useState(noPeople);
  useEffect(() => {
    if (!isWanted) return;
    let isOver = false;
    asked ??= read<Answered<PeopleAnswer>>("/people").catch(() => {
      // The next page that needs them reads them again.
      asked = undefined;
      return noPeople;
    });
    void asked.then((found) => {
      if (!isOver) setPeople(found);
    });
    return () => {
      isOver = true;
    };
  }, [isWanted]);
  return people;
}
