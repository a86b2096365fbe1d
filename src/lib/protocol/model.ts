import { z } from "zod";
import { labelScore } from "./classify.ts";
import { problem } from "./problem.ts";

const slots = z.array(z.int().min(0));

export const loadReply = z.object({
  started: slots.describe("slots whose worker was started by this call"),
  ready: slots.describe("slots that hold the model when the call returns"),
  durationMs: z.number().min(0),
});

export const unloadReply = z.object({
  stopped: slots.describe("slots whose worker ends or has ended"),
  beforeBytes: z
    .int()
    .min(0)
    .describe("anonymous memory of the daemon's process tree before: pages that no file backs"),
  afterBytes: z.int().min(0).nullable().describe("the same when every process had ended; null without wait"),
  freedBytes: z.int().nullable(),
  durationMs: z.number().min(0),
});

export const modelUseRequest = z
  .strictObject({
    dir: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe("absolute path, on the daemon's machine, of a model folder or of a model file in one"),
    file: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        "the model file, by its path within the folder or its name alone; the fastest on this CPU where left out",
      ),
    default: z.literal(true).optional().describe("back to the model that the settings name"),
    inTurn: z.boolean().optional().describe("unload the old model before the new one loads; texts wait meanwhile"),
  })
  .refine((body) => (body.dir === undefined) !== (body.default === undefined), "give either dir or default")
  .refine((body) => body.file === undefined || body.dir !== undefined, "file goes with dir");

const modelName = z.object({ name: z.string(), digest: z.string(), dir: z.string(), file: z.string() });

export const modelUseReply = z.object({
  model: modelName,
  previous: modelName,
  changed: z.boolean().describe("false: that model was serving already"),
  remembered: z.boolean().describe("false: it serves, and a restart will not know of it"),
  remarks: z.array(z.string()).describe("what to know of it, a sentence each"),
  durationMs: z.number().min(0).describe("from the call to the old model's end"),
});

const bytes = z.int().min(0);
const ms = z.number().min(0);

const workerMemory = z.object({
  rssBytes: bytes,
  pssBytes: bytes.describe("shared pages divided by the processes that map them"),
  privateBytes: bytes.describe("pages no other process has"),
  mappedBytes: bytes.describe("resident file pages, which the kernel can drop"),
});

/** What `combot model check` found. */
export const modelCheckReport = z.object({
  name: z.string(),
  dir: z.string().describe("the folder's path without links"),
  digest: z.string().length(64),
  remarks: z.array(z.string()).describe("what to know of it though it can be served, a sentence each"),
  files: z.array(z.string()).describe("the model and its external data, relative to the folder"),
  bytes: bytes.describe("of these files"),
  graph: z.object({
    irVersion: z.int(),
    opsets: z.record(z.string(), z.int()).describe("version by domain; the standard operators' domain is ai.onnx"),
    producer: z.string(),
    inputs: z.array(z.string()),
  }),
  labels: z.array(z.string()).describe("in the order of the logits"),
  activation: z
    .enum(["softmax", "sigmoid", "none"])
    .describe("what makes scores of the graph's numbers; none: the graph does, or they are raw"),
  multiLabel: z.boolean().describe("each label has a probability of its own (sigmoid)"),
  windowTokens: z.int(),
  padId: z.int(),
  tokenizer: z.object({ kind: z.enum(["WordPiece", "BPE", "Unigram", "WordLevel"]), tokens: z.int() }),
  serving: z
    .object({
      serves: z.enum(["prepared", "plain"]).describe("the file that workers load: prepared weights, which they share"),
      reason: z.string().nullable().describe("why the plain one, where weights were to be prepared"),
      batching: z
        .enum(["padded", "equal", "single"])
        .describe("texts share a batch padded to the longest, only with texts of their length, or not at all"),
      texts: z.int().min(0).describe("that the model was tried with"),
      labelShifts: z
        .int()
        .min(0)
        .describe("of these, texts that the plain file gave another label in a batch than alone"),
      batchShift: z.number().min(0).describe("by how much its logits moved at most between the two"),
    })
    .describe("what the daemon's trial of the model found"),
  worker: z.object({
    startMs: ms.describe("from the start of the process to its first answer"),
    loadMs: ms.describe("the model's load and its first answer alone"),
    memory: workerMemory.nullable().describe("after the probe text; null where /proc does not tell"),
  }),
  filled: z
    .object({
      tokens: z.int().describe("of the text that filled the window"),
      computeMs: ms.describe("of that text and the probe text in one batch"),
      probeShift: z
        .number()
        .min(0)
        .describe("by how much the probe's logits moved at most, padded to that length; 0 is best"),
      memory: workerMemory.nullable().describe("after it"),
    })
    .describe("a text as long as the window, beside the probe text"),
  answers: z.array(
    labelScore.extend({
      text: z.string(),
      tokens: z.int(),
      truncated: z.boolean(),
      scores: z.array(labelScore).describe("the best labels, at most 5, best first"),
      computeMs: ms,
    }),
  ),
});

/** What the process that checks writes to its standard output. */
export const modelCheckReply = z.union([
  modelCheckReport,
  z.object({ error: problem.pick({ code: true, detail: true }) }),
]);

export type ModelCheckReport = z.infer<typeof modelCheckReport>;
export type ModelUseRequest = z.infer<typeof modelUseRequest>;
export type ModelUseReply = z.infer<typeof modelUseReply>;
export type LoadReply = z.infer<typeof loadReply>;
export type UnloadReply = z.infer<typeof unloadReply>;
