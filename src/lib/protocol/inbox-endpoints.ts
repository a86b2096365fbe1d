import type { Endpoint } from "./endpoint.ts";
import {
  inboxForgetReply,
  inboxForgetRequest,
  inboxLabelReply,
  inboxLabelRequest,
  inboxQuery,
  inboxReply,
} from "./inbox.ts";

/** Of texts that were not understood. */
export const INBOX_ENDPOINTS = {
  inbox: {
    method: "GET",
    path: "/api/inbox/",
    access: "control",
    summary: "Texts whose answers were not accepted, the most frequent first",
    query: inboxQuery,
    replies: { 200: inboxReply },
  },
  inboxLabel: {
    method: "POST",
    path: "/api/inbox/label/",
    access: "control",
    summary: "Give texts of the inbox the labels they should have had",
    body: inboxLabelRequest,
    replies: { 200: inboxLabelReply },
  },
  inboxForget: {
    method: "POST",
    path: "/api/inbox/forget/",
    access: "control",
    summary: "Remove a text, or all, from the inbox and from the journal's frequent texts",
    body: inboxForgetRequest,
    replies: { 200: inboxForgetReply },
  },
} as const satisfies Record<string, Endpoint>;
