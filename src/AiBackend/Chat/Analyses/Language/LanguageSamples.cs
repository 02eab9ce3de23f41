namespace AiBackend.Chat.Analyses.Language;

/// <summary>
/// What the profiles of languages are made of, written down for this service: the words that every text has, and some sentences of the kind
/// that customers write.
/// </summary>
internal static class LanguageSamples
{
    public static IReadOnlyList<LanguageSample> Latin { get; } =
    [
        new("en",
            """
            the of and to a in is you that it he was for on are as with his they i at be this have from or had by not but what all were we when
            your can said there an which she do how their if will about out them then so would like has her more my could been who now did get
            please thanks hello does am any our me why where don't i'm it's
            """,
            """
            Where is my order? I have been waiting for two weeks and nobody has answered my questions. Please let me know whether the parcel
            was shipped and when it should arrive. I would like to return the shoes because they are too small, and I want my money back.
            Thank you for your help with the invoice. The screen of my phone went black after the last update, and now it does not start
            again. Could you tell me which of these products works without a contract? My password has been changed and I cannot log in to
            the account anymore. The weather was lovely, so we took the children to the lake and came home late in the evening.
            """),
        new("de",
            """
            der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei
            einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde ich mir mich wir ihr
            mein meine bitte danke hallo wo wann kann können habe was kein keine ihnen
            """,
            """
            Wo bleibt meine Bestellung? Ich warte seit zwei Wochen und niemand hat auf meine Fragen geantwortet. Bitte teilen Sie mir mit, ob das
            Paket verschickt wurde und wann es ankommen soll. Ich möchte die Schuhe zurückgeben, weil sie zu klein sind, und hätte gerne mein Geld
            zurück. Vielen Dank für Ihre Hilfe mit der Rechnung. Der Bildschirm meines Telefons ist nach der letzten Aktualisierung schwarz
            geworden und jetzt startet es nicht mehr. Welches dieser Geräte funktioniert ohne Vertrag? Mein Kennwort wurde geändert, und ich kann
            mich nicht mehr anmelden. Das Wetter war schön, also sind wir mit den Kindern an den See gefahren und erst spät abends heimgekommen.
            """),
        new("fr",
            """
            de la le et les des en un une du est que pour qui dans a par plus pas au sur ne se ce il sont je avec vous nous mais ou où mon ma mes
            votre vos cette ces été être avoir ai j'ai c'est n'est d'un d'une l' qu'il très bien comme fait tout aux leur elle ils sans bonjour
            merci quand comment pourquoi suis peux pouvez
            """,
            """
            Où est ma commande ? J'attends depuis deux semaines et personne n'a répondu à mes questions. Merci de me dire si le colis a été expédié
            et quand il doit arriver. Je voudrais rendre les chaussures parce qu'elles sont trop petites, et je souhaite être remboursé. Je vous
            remercie de votre aide pour la facture. L'écran de mon téléphone est devenu noir après la dernière mise à jour et maintenant il ne
            démarre plus. Pourriez-vous me dire lequel de ces appareils fonctionne sans abonnement ? Mon mot de passe a été changé et je n'arrive
            plus à me connecter. Il faisait beau, alors nous avons emmené les enfants au lac et nous sommes rentrés tard le soir.
            """),
        new("es",
            """
            de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre cuando
            todo esta ser son dos también fue había era muy hasta desde está mi porque qué sólo han yo hay vez puede todos así nos ni parte tiene
            hola gracias dónde cómo quiero tengo puedo estoy usted cuándo mis
            """,
            """
            ¿Dónde está mi pedido? Llevo dos semanas esperando y nadie ha contestado a mis preguntas. Por favor, dígame si el paquete se ha enviado y
            cuándo va a llegar. Me gustaría devolver los zapatos porque son demasiado pequeños, y quiero que me devuelvan el dinero. Muchas gracias
            por su ayuda con la factura. La pantalla de mi teléfono se quedó negra después de la última actualización y ahora no se enciende.
            ¿Podría decirme cuál de estos aparatos funciona sin contrato? Han cambiado mi contraseña y ya no puedo entrar en la cuenta. Hacía buen
            tiempo, así que llevamos a los niños al lago y volvimos a casa tarde por la noche.
            """),
        new("it",
            """
            di e il la che a per un in è del una non i con le si da sono al dei come lo della alla nel più ma anche gli o su ho mi questo ha questa
            stato dal delle se suo tutto solo cosa mio mia quando dove perché essere fatto molto ci ne nella degli buongiorno ciao grazie vorrei
            posso sto hai abbiamo ancora
            """,
            """
            Dov'è il mio ordine? Aspetto da due settimane e nessuno ha risposto alle mie domande. Per favore ditemi se il pacco è stato spedito e
            quando dovrebbe arrivare. Vorrei restituire le scarpe perché sono troppo piccole, e chiedo il rimborso. Vi ringrazio per l'aiuto con la
            fattura. Lo schermo del mio telefono è diventato nero dopo l'ultimo aggiornamento e adesso non si accende più. Potreste dirmi quale di
            questi apparecchi funziona senza contratto? La mia password è stata cambiata e non riesco più ad accedere. Il tempo era bello, quindi
            abbiamo portato i bambini al lago e siamo tornati a casa la sera tardi.
            """),
        new("pt",
            """
            de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos
            já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram meu
            minha olá obrigado obrigada onde quero posso estou meus
            """,
            """
            Onde está a minha encomenda? Estou à espera há duas semanas e ninguém respondeu às minhas perguntas. Por favor, digam-me se o pacote já foi
            enviado e quando deve chegar. Gostaria de devolver os sapatos porque são pequenos demais, e quero o meu dinheiro de volta. Muito obrigado
            pela ajuda com a fatura. O ecrã do meu telefone ficou preto depois da última atualização e agora não liga. Você poderia me dizer qual
            destes aparelhos funciona sem contrato? A minha senha foi alterada e não consigo mais entrar na conta. O tempo estava bom, então levamos as
            crianças ao lago e voltamos para casa tarde da noite.
            """),
        new("nl",
            """
            de van een het en in is dat op te zijn met voor niet aan er om ook als die ik hij maar bij of uit door naar heeft dan nog wel wat worden
            over deze tot hebben kan je was geen zich wij zo meer al mijn heb we ze waar wanneer hoe uw u ben mij kunt kunnen graag dank bedankt hallo
            alstublieft niets iets moet
            """,
            """
            Waar blijft mijn bestelling? Ik wacht al twee weken en niemand heeft op mijn vragen geantwoord. Kunt u mij laten weten of het pakket
            verzonden is en wanneer het aankomt? Ik wil de schoenen graag terugsturen omdat ze te klein zijn, en ik wil mijn geld terug. Hartelijk
            dank voor uw hulp met de factuur. Het scherm van mijn telefoon werd zwart na de laatste update en nu start hij niet meer op. Welke van
            deze toestellen werkt zonder abonnement? Mijn wachtwoord is gewijzigd en ik kan niet meer inloggen. Het weer was mooi, dus we zijn met de
            kinderen naar het meer gegaan en kwamen 's avonds laat thuis.
            """),
        new("pl",
            """
            w i na z nie się do to że jest o jak za od po co ale ten przez tak dla czy tylko są by może być jego już tego ma je jej tym oraz gdy które
            który jako przy mnie mi pan pani moje mój moja proszę dziękuję dzień dobry gdzie kiedy dlaczego mam jestem chcę chciałbym mogę było został
            została jeszcze bardzo
            """,
            """
            Gdzie jest moje zamówienie? Czekam od dwóch tygodni i nikt nie odpowiedział na moje pytania. Proszę o informację, czy paczka została wysłana
            i kiedy ma dotrzeć. Chciałbym zwrócić buty, ponieważ są za małe, i proszę o zwrot pieniędzy. Bardzo dziękuję za pomoc z fakturą. Ekran
            mojego telefonu zrobił się czarny po ostatniej aktualizacji i teraz nie chce się włączyć. Które z tych urządzeń działa bez umowy? Moje
            hasło zostało zmienione i nie mogę się zalogować na konto. Pogoda była piękna, więc pojechaliśmy z dziećmi nad jezioro i wróciliśmy do
            domu późnym wieczorem.
            """),
    ];

    public static IReadOnlyList<LanguageSample> Cyrillic { get; } =
    [
        new("ru",
            """
            и в не на я быть что он с а как это по но они мы она к у из за то все так его от же для вы бы мне мой моя мое только еще уже когда где
            или если до нет есть был была было вас вам меня очень чтобы их мои здравствуйте спасибо пожалуйста могу почему сколько какой
            """,
            """
            Где мой заказ? Я жду уже две недели, и никто не ответил на мои вопросы. Пожалуйста, сообщите, отправлена ли посылка и когда она должна
            прийти. Я хотел бы вернуть ботинки, потому что они мне малы, и получить деньги обратно. Большое спасибо за помощь со счётом. Экран моего
            телефона стал чёрным после последнего обновления, и теперь он больше не включается. Какое из этих устройств работает без договора? Мой
            пароль изменили, и я не могу войти в личный кабинет. Была хорошая погода, поэтому мы поехали с детьми на озеро и вернулись поздно вечером.
            """),
        new("uk",
            """
            і в не на я бути що він з а як це по але вони ми вона до у із за то все так його від же для ви б мені мій моя моє тільки ще вже коли де
            або якщо ні є був була було вас вам мене дуже щоб їх мої добрий день дякую будь ласка можу чому скільки який та й про
            """,
            """
            Де моє замовлення? Я чекаю вже два тижні, і ніхто не відповів на мої запитання. Будь ласка, повідомте, чи відправлено посилку і коли вона має
            прийти. Я хотів би повернути черевики, тому що вони замалі, і отримати гроші назад. Щиро дякую за допомогу з рахунком. Екран мого
            телефону став чорним після останнього оновлення, і тепер він більше не вмикається. Який із цих пристроїв працює без договору? Мій пароль
            змінили, і я не можу увійти до кабінету. Була гарна погода, тому ми поїхали з дітьми на озеро і повернулися пізно ввечері.
            """),
    ];
}

/// <param name="Language">ISO 639-1.</param>
/// <param name="Words">The most frequent ones, in lower case.</param>
/// <param name="Text">Whole sentences.</param>
internal sealed record LanguageSample(string Language, string Words, string Text);
