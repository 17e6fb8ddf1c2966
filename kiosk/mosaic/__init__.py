"""Pictures made of a wall's photos. A library: nothing here knows of requests, the store or the tablet."""
