-- Run as postgres: what a click in the dashboard does.
create extension pg_net with schema extensions;
create extension pg_cron with schema pg_catalog;
