/** What people write to a shop. */
export const DEMO_TEXTS = [
  "Hi there!",
  "where is my parcel?? it should have been here on monday",
  "I'd like to send these shoes back, they pinch",
  "still waiting for my money",
  "what time do you close on saturdays",
  "do you have the blue one in stock",
  "my card gets declined every single time",
  "the code SPRING20 does nothing",
  "can I speak to a real person please",
  "forgot my password again 🙈",
  "moved house, please change the delivery address",
  "how tall is the Eiffel Tower",
] as const;
