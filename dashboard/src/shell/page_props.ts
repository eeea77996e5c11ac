import type { Answered, StatusAnswer } from "../api/answers.ts";
import type { Live } from "../live/use_live.ts";
import type { PageRoute } from "../route/route.ts";

/** What every page gets. */
export interface PageProps {
  route: PageRoute;
  status: Live<Answered<StatusAnswer>>;
}
