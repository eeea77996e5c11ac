import type { ComponentType } from "react";
import type { StatusAnswer } from "../api/answers.ts";
import type { IconName } from "../ui/icon.tsx";
import { AttemptsPage } from "../pages/attempts/attempts.tsx";
import { ActivityPage } from "../pages/activity/activity.tsx";
import { AlertsPage } from "../pages/alerts/alerts.tsx";
import { ContractPage } from "../pages/contract/contract.tsx";
import { DocsPage } from "../pages/docs/docs.tsx";
import { BackfillPage } from "../pages/backfill/backfill.tsx";
import { EventsPage } from "../pages/events/events.tsx";
import { Overview } from "../pages/overview/overview.tsx";
import { ProblemsPage } from "../pages/problems/problems.tsx";
import { QueuePage } from "../pages/queue/queue.tsx";
import { ReconcilePage } from "../pages/reconcile/reconcile.tsx";
import { SettingsPage } from "../pages/settings/settings.tsx";
import type { PageProps } from "./page_props.ts";

export interface PageEntry {
  name: string;
  title: string;
  icon: IconName;
  component: ComponentType<PageProps>;
  /** What waits for a person there; shown beside the name unless it is 0. */
  count?: (status: StatusAnswer) => number;
}

/** Reached by links only. */
const unlisted: PageEntry[] = [
  {
    name: "docs",
    title: "Documentation",
    icon: "contract",
    component: DocsPage,
  },
];

/** Every page, in the order of the navigation; a group is set apart by a line. */
export const groups: PageEntry[][] = [
  [
    {
      name: "overview",
      title: "Overview",
      icon: "overview",
      component: Overview,
    },
    { name: "queue", title: "Queue", icon: "queue", component: QueuePage },
    {
      name: "problems",
      title: "Problems",
      icon: "problems",
      component: ProblemsPage,
      count: ({ queue, questions, accountQuestions, notices }) =>
        queue.dead + questions.open + accountQuestions.open + notices.open,
    },
    {
      name: "contract",
      title: "Records",
      icon: "contract",
      component: ContractPage,
    },
    { name: "attempts", title: "Attempts", icon: "attempts", component: AttemptsPage },
    {
      name: "events",
      title: "Events",
      icon: "events",
      component: EventsPage,
      count: ({ events }) => events.failed,
    },
    {
      name: "reconcile",
      title: "Reconcile",
      icon: "reconcile",
      component: ReconcilePage,
    },
    {
      name: "backfill",
      title: "Backfill",
      icon: "backfill",
      component: BackfillPage,
    },
  ],
  [
    {
      name: "alerts",
      title: "Alerts",
      icon: "alerts",
      component: AlertsPage,
      count: ({ alerts }) => alerts.on.length,
    },
    {
      name: "activity",
      title: "Activity",
      icon: "activity",
      component: ActivityPage,
    },
    {
      name: "settings",
      title: "Settings",
      icon: "settings",
      component: SettingsPage,
    },
  ],
];

export function findPage(name: string): PageEntry | undefined {
  return [...groups.flat(), ...unlisted].find((entry) => entry.name === name);
}
