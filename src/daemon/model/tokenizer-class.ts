/** Classes of transformers whose settings change what tokenizer.json says; others take it as it is. */
export type TokenizerFamily = "bert" | "roberta" | "gpt2" | "other";

const BERT = /^(?:Bert|DistilBert|Electra|MobileBert|SqueezeBert|ConvBert|Lxmert|Funnel|LayoutLM|RetriBert|Realm)$/;
const ROBERTA = /^(?:Roberta|Longformer|Bart|LED|MVP|Deberta|Blenderbot|Luke|MarkupLM|LayoutLMv3)$/;
const GPT2 = /^(?:GPT2|CodeGen)$/;

/** Of models whose tokenizer_config.json names no class. */
const BERT_MODELS =
  /^(?:bert|distilbert|electra|mobilebert|squeezebert|convbert|lxmert|layoutlm|retribert|ernie|megatron-bert|nezha|qdqbert)$/;
const ROBERTA_MODELS = /^(?:roberta|roberta-prelayernorm|longformer|ibert|data2vec-text|bart|deberta|xmod|mra)$/;
const GPT2_MODELS = /^(?:gpt2|gpt_neo|gptj|opt|codegen)$/;

/** @param className `tokenizer_class`, with or without Fast at its end. @param modelType of config.json. */
export function familyOf(className: string | null | undefined, modelType: string | null | undefined): TokenizerFamily {
  const name = className?.replace(/Tokenizer(?:Fast)?$/, "");
  const families = name === undefined ? [BERT_MODELS, ROBERTA_MODELS, GPT2_MODELS] : [BERT, ROBERTA, GPT2];
  const at = families.findIndex((pattern) => pattern.test(name ?? modelType ?? ""));
  return (["bert", "roberta", "gpt2"] as const)[at] ?? "other";
}
