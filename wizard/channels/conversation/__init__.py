"""A prompt as a conversation, question by question: for terminals and chats."""
