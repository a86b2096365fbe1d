import type { Endpoint } from "./endpoint.ts";
import { loadReply, unloadReply } from "./model.ts";
import { modelRow, modelsReply, namedModel, putModelRequest, rescanReply } from "./models.ts";
import { waitQuery } from "./process.ts";
import { shadowReply, shadowRequest } from "./shadow.ts";

/** Of models by their names. */
export const MODEL_ENDPOINTS = {
  models: {
    method: "GET",
    path: "/api/models/",
    access: "user",
    summary: "The models that there are, and how each stands",
    replies: { 200: modelsReply },
  },
  modelsRescan: {
    method: "POST",
    path: "/api/model/rescan/",
    access: "control",
    summary: "Look at COMBOT_MODELS_DIR again",
    replies: { 200: rescanReply },
  },
  shadow: {
    method: "GET",
    path: "/api/model/shadow/",
    access: "control",
    summary: "How a candidate behind live traffic does, or the last one did",
    replies: { 200: shadowReply },
  },
  shadowStart: {
    method: "POST",
    path: "/api/model/shadow/",
    access: "control",
    summary: "Have a candidate answer a share of the texts behind live traffic; nobody gets its answers",
    query: waitQuery,
    body: shadowRequest,
    replies: { 200: shadowReply, 202: shadowReply },
  },
  shadowStop: {
    method: "DELETE",
    path: "/api/model/shadow/",
    access: "control",
    summary: "End the candidate behind live traffic, and tell how it did",
    replies: { 200: shadowReply },
  },
  namedLoad: {
    method: "POST",
    path: "/api/models/{name}/load/",
    access: "control",
    summary: "Start a worker of a model, making room for it where that takes it",
    params: namedModel,
    query: waitQuery,
    replies: { 200: loadReply, 202: loadReply },
  },
  namedUnload: {
    method: "POST",
    path: "/api/models/{name}/unload/",
    access: "control",
    summary: "End every worker of a model; the next text starts one again",
    params: namedModel,
    query: waitQuery,
    replies: { 200: unloadReply, 202: unloadReply },
  },
  namedPin: {
    method: "POST",
    path: "/api/models/{name}/pin/",
    access: "control",
    summary: "Keep a model: it is never ended to make room, nor for being idle",
    params: namedModel,
    replies: { 200: modelRow },
  },
  namedUnpin: {
    method: "POST",
    path: "/api/models/{name}/unpin/",
    access: "control",
    summary: "Let a model go again when others want its room",
    params: namedModel,
    replies: { 200: modelRow },
  },
  namedPut: {
    method: "PUT",
    path: "/api/models/{name}/",
    access: "control",
    summary: "Serve a folder under a name, with no failed request in between",
    params: namedModel,
    body: putModelRequest,
    replies: { 200: modelRow },
  },
  namedRemove: {
    method: "DELETE",
    path: "/api/models/{name}/",
    access: "control",
    summary: "Serve a name no more; texts that came before are answered",
    params: namedModel,
    replies: { 200: modelsReply },
  },
} as const satisfies Record<string, Endpoint>;
