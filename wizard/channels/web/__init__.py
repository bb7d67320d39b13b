"""What `wizard.channels.web.routes` is made of: the web pages."""
