import type { ReactNode } from "react";
import { Mark } from "../ui/icon.tsx";

/** A page before the pages: sign-in, refusals, a wrong configuration. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="gate">
      <div className="gate-box">
        <div className="brand">
          <Mark size={28} />
          <span>
            Zoho sync <span className="brand-from">· CircleTel</span>
          </span>
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
