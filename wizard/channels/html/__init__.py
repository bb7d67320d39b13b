"""What `wizard.channels.web` is made of: the web pages."""
