import { bundledTexts } from "../model/vocabulary.ts";

/** "Where is my order" and the like, in scripts that are written in other ways than English. */
const PHRASES = [
  "où est ma commande, s'il vous plaît ? déjà payée à Genève",
  "Wo ist meine Bestellung geblieben? Größe, Straße, Übergabe",
  "где мой заказ и когда его привезут ещё",
  "πού είναι η παραγγελία μου σήμερα; ΠΟΎ ΕΊΝΑΙ",
  "đơn hàng của tôi ở đâu rồi",
  "siparişim nerede İstanbul ıssız",
  "我的订单在哪里 請問退款需要多久 𠮷野家",
  "私の注文はどこですか ガイド パーティー がんばる",
  "내 주문은 어디에 있나요 환불 부탁드립니다",
  "คำสั่งซื้อของฉันอยู่ที่ไหน ขอเงินคืน",
  "أين طلبي من فضلك إلى الآن",
  "איפה ההזמנה שלי שלום",
  "मेरा ऑर्डर कहाँ है कृपया",
  "எனது ஆர்டர் எங்கே",
  "ශ්‍රී ලංකා මගේ ඇණවුම",
  "ok 👍 thanks 🙏🏽 🤷‍♀️ 👩‍👧 ❤️ 🇫🇷",
  "№ ½ ² ﬁ ﷺ Ⅳ ㎏ ｆｕｌｌ ＷＩＤＴＨ … “quoted” — dash",
  "order #12 costs 3.50€ (or $4) at 10:30, a@b.com http://x.y/z?q=1",
];

/** How often a phrase counts beside each text of the bundled model, of which there are thousands. */
const WEIGHT = 40;

/** Words of running text and how often they occur, letter case kept in half of it. */
export function countWords(split: (text: string) => readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (text: string, times: number): void => {
    for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + times);
  };
  for (const [at, text] of bundledTexts().entries())
    add(at % 2 === 0 ? text : text.slice(0, 1).toUpperCase() + text.slice(1), 1);
  for (const phrase of PHRASES) add(phrase, WEIGHT);
  return counts;
}

export function phrases(): readonly string[] {
  return PHRASES;
}
