"""Events from outside that concern no run in particular: they start runs, and reach those that wait for them."""
